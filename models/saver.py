"""The saves of a run: each is one unit, all of it on the disk or nothing."""
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from models.base_model import BaseModel
from util import checkpoint
from util.errors import RunError, UserError
from util.files import replacing_together

STATE = "latest_state.pth"


class Stateful(Protocol):
    def state_dict(self) -> Any: ...

    def load_state_dict(self, state: Any) -> None: ...


class Saver:
    """Saves a model's networks with all that going on exactly needs, and takes a save up again.

    parts: what has a state beside the networks, by name. The state also knows the networks that it belongs to, by
    their digests, and of several processes what is each one's own.

    After `restore`, inexact tells, in words, why the run does not go on exactly as it was.
    """

    def __init__(self, model: BaseModel, parts: Mapping[str, Stateful]) -> None:
        self.model, self.parts, self.folder = model, {"model": model, **parts}, model.save_dir
        self.inexact = ""

    def save(
        self, history: Mapping[str, object], epoch: int | str | None = None, others: Sequence[dict[str, Any]] = ()
    ) -> None:
        """Put a new save in the place of the last one; the networks of `epoch` also under that. history: what
        training.json says to people. others: the models' `own_state` of the processes after this one.

        Raises OSError if it can't be written, and RunError if the networks are worth nothing; the last save is then as
        it was.
        """
        broken = self.model.broken_network()
        if broken:
            raise RunError(f"the weights of network {broken} are no finite numbers any more")
        digests = {}
        with replacing_together(self.folder) as unfinished:
            for name, weights in self.model.weights("latest").items():
                content = checkpoint.to_bytes(weights)
                digests[name] = sha256(content).hexdigest()
                (unfinished / name).write_bytes(content)
                if epoch is not None and name.startswith("latest_"):
                    (unfinished / name.replace("latest", str(epoch), 1)).write_bytes(content)
            state = {name: part.state_dict() for name, part in self.parts.items()} | {"networks": digests}
            if others:
                state["others"] = list(others)
            (unfinished / STATE).write_bytes(checkpoint.to_bytes(state))
            (unfinished / "training.json").write_text(json.dumps(history, indent=1) + "\n", encoding="utf-8")

    def restore(self) -> None:
        """Take up the last save, of which the networks have been loaded. Raises UserError if it is no save of such a
        run, damaged, or not of one piece."""
        path = self.folder / STATE
        state = checkpoint.load(path)
        try:
            # States from before there were digests have none.
            for name, digest in state.get("networks", {}).items():
                if digest != _digest(self.folder / name):
                    raise UserError(
                        f"{self.folder / name} was not saved together with {STATE}: copy all latest_* files of the run "
                        f"again, or remove {STATE} to go on from the networks alone"
                    )
            self._take_own(state)
            for name, part in self.parts.items():
                if name in state or name in ("model", "position"):
                    part.load_state_dict(state[name])
        except (AttributeError, LookupError, TypeError, ValueError, RuntimeError) as error:
            raise UserError(
                f"{path} is no state of this run: remove it, and training goes on from the networks alone"
            ) from error

    def _take_own(self, state: dict[str, Any]) -> None:
        """Put what this process saved in the place of what the first one did."""
        processes, others = self.model.processes, state.get("others", [])
        if not processes.first:
            shared = {key: value for key, value in state["model"].items() if key not in self.model.own_parts}
            own = others[processes.rank - 1] if processes.rank <= len(others) else {}
            state["model"] = shared | own
        if processes.count != len(others) + 1:
            self.inexact = f"saved by {len(others) + 1} of them, now {processes.count}"


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
