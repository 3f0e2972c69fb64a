// The viewer of a volume page: one page in the whole window, before and after its coloring laid over each other.
// What there is to show stands in the links of the grid; which page is shown stands in the address, as "#page-12".
(() => {
  "use strict";

  const links = [...document.querySelectorAll(".pages a")];
  const viewer = document.querySelector(".viewer");
  const part = (name) => viewer.querySelector(`.${name}`);
  const button = (name) => viewer.querySelector(`button[name=${name}]`);
  const [stage, sheet, handle, before, after, placeholder, picture, pictureButtons] =
    ["stage", "sheet", "handle", "before", "after", "placeholder", "picture", "pictures"].map(part);
  const modes = ["compare", "before", "after"];
  const isZoomed = () => viewer.classList.contains("zoomed");
  const isRightToLeft = () => viewer.classList.contains("right-to-left");

  let shown = 0; // index of the page in the viewer
  let mode = "compare"; // how pages are shown that have both images
  let picked = ""; // the picture shown instead, where a page has it: "regions", "layer NAME", or "" for none
  let split = 0.5; // where the line is, from 0 to 1 of what is seen of the page
  let ahead = []; // images of the next page, loading
  let drag = null; // what the pointer that is down does when it moves or is lifted
  let addressTimer = 0;

  // ---- the page shown

  function show(index) {
    shown = index;
    const page = links[index].dataset;
    sheet.style.setProperty("--width", page.width);
    sheet.style.setProperty("--height", page.height);
    load(placeholder, links[index].querySelector("img")?.src, "");
    load(before, page.before, `${page.name}, before`);
    load(after, page.after, `${page.name}, colored`);
    part("position").textContent = `${index + 1} / ${links.length}`;
    part("name").textContent = page.name;
    part("note").textContent = page.note;
    offerPictures(page);
    button("previous").setAttribute("aria-disabled", index === 0);
    button("next").setAttribute("aria-disabled", index === links.length - 1);
    showMode();
    stage.scrollTo(isRightToLeft() ? stage.scrollWidth : 0, 0);
    placeLine();
    settle();
  }

  function load(image, url, text) {
    image.removeAttribute("src"); // or the page before would be seen until this one is there
    image.hidden = !url;
    image.alt = text;
    if (url) image.src = url;
  }

  // Once the page is there, the thumbnail need no longer stand in for it, and the next page may load.
  function settle() {
    if (!before.complete || !after.complete) return;
    placeholder.hidden = true;
    const next = links[shown + 1]?.dataset;
    ahead = [next?.before, next?.after].filter(Boolean).map((url) => Object.assign(new Image(), { src: url }));
  }

  function showMode() {
    const page = links[shown].dataset;
    const hasBoth = page.before && page.after;
    const url = picturesOf(page).get(picked);
    const withoutPicture = hasBoth ? mode : page.after ? "after" : page.before ? "before" : "none";
    sheet.dataset.mode = url ? "picture" : withoutPicture;
    load(picture, url, `${page.name}, ${picked}`);
    part("modes").style.visibility = hasBoth ? "visible" : "hidden";
    for (const name of modes) button(name).setAttribute("aria-pressed", !url && name === mode);
    for (const offered of pictureButtons.children) {
      offered.setAttribute("aria-pressed", offered.value === picked);
      if (offered.value === picked) offered.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  function setMode(name) {
    mode = name;
    picked = "";
    showMode();
  }

  // ---- pictures of regions and layers, which are loaded only when they are picked

  // What can be picked → its address.
  function picturesOf(page) {
    const layers = JSON.parse(page.layers ?? "[]").map(([name, url]) => [`layer ${name}`, url]);
    return new Map(page.regions ? [["regions", page.regions], ...layers] : layers);
  }

  function offerPictures(page) {
    const offered = [...picturesOf(page).keys()];
    pictureButtons.hidden = !offered.length;
    // The same buttons stay, for one of them may have the focus.
    if (offered.join("\n") === [...pictureButtons.children].map(({ value }) => value).join("\n")) return;
    pictureButtons.replaceChildren(...offered.map((key) => Object.assign(document.createElement("button"), {
      type: "button", name: "picture", value: key,
      textContent: key === "regions" ? "Regions" : key.replace("layer ", ""),
      title: key === "regions" ? "What is filled with one color each (g)" : `The ${key} alone (l for the next)`,
    })));
  }

  // Picked again, a picture makes way for the page.
  function pick(key) {
    if (!picturesOf(links[shown].dataset).has(key)) return;
    picked = picked === key ? "" : key;
    showMode();
  }

  // From the lowest layer to the highest, then the page again.
  function pickNextLayer() {
    const layers = [...picturesOf(links[shown].dataset).keys()].filter((key) => key !== "regions");
    const next = layers[layers.indexOf(picked) + 1];
    if (layers.length) pick(next ?? picked);
  }

  function turnTo(index) {
    if (!links[index] || index === shown) return;
    show(index);
    // Not at once: browsers take offense at an address that changes with every page of a key held down.
    clearTimeout(addressTimer);
    addressTimer = setTimeout(() => history.replaceState(history.state, "", `#page-${shown + 1}`), 200);
  }

  // To the page that lies on the left (-1) or on the right (1).
  function turn(side) {
    turnTo(shown + (isRightToLeft() ? -side : side));
  }

  function setDirection(rightToLeft) {
    viewer.classList.toggle("right-to-left", rightToLeft);
    button("direction").setAttribute("aria-pressed", rightToLeft);
    // A browser may refuse to remember anything for pages opened from disk.
    try { localStorage.setItem("right-to-left", rightToLeft); } catch { /* then it holds for this visit */ }
  }

  function rememberedDirection() {
    try { return localStorage.getItem("right-to-left") === "true"; } catch { return false; }
  }

  // ---- the line between before and after

  // The left edge and the width of what is seen of the page: all of it, unless it is at full size.
  function seen() {
    const view = stage.getBoundingClientRect();
    const page = sheet.getBoundingClientRect();
    const left = Math.max(view.left, page.left);
    return { left, width: Math.min(view.left + stage.clientWidth, page.right) - left };
  }

  function placeLine() {
    const { left, width } = seen();
    sheet.style.setProperty("--split", `${left + split * width - sheet.getBoundingClientRect().left}px`);
    handle.setAttribute("aria-valuenow", Math.round(100 * split));
  }

  function moveLine(fraction) {
    split = Math.min(1, Math.max(0, fraction));
    placeLine();
  }

  // ---- full size

  // What lies at a point of the window, its middle if none is given, stays there.
  function zoom(x = innerWidth / 2, y = innerHeight / 2) {
    const from = sheet.getBoundingClientRect();
    button("zoom").setAttribute("aria-pressed", viewer.classList.toggle("zoomed"));
    const to = sheet.getBoundingClientRect();
    stage.scrollBy(to.left + (x - from.left) / from.width * to.width - x,
                   to.top + (y - from.top) / from.height * to.height - y);
    placeLine();
  }

  // ---- drags: each kind says what to do on a move, or in the end

  function slide(start) {
    let sliding = handle.contains(start.target);
    return { move: (event) => {
      sliding ||= Math.abs(event.clientX - start.clientX) > 3; // less may become a double click
      const { left, width } = seen();
      if (sliding) moveLine((event.clientX - left) / width);
    } };
  }

  function pan(start) {
    let { clientX: x, clientY: y } = start;
    return { move: (event) => {
      stage.scrollBy(x - event.clientX, y - event.clientY);
      ({ clientX: x, clientY: y } = event);
    } };
  }

  function swipe(start) {
    return { end: (event) => {
      const x = event.clientX - start.clientX;
      const y = event.clientY - start.clientY;
      if (Math.abs(x) > 40 && Math.abs(x) > 2 * Math.abs(y)) turn(-Math.sign(x));
    } };
  }

  function dragFrom(event) {
    if (!event.isPrimary || event.button !== 0) return null;
    if (handle.contains(event.target)) return slide(event);
    if (event.pointerType !== "mouse") return isZoomed() ? null : swipe(event); // fingers pan without our help
    if (isZoomed()) return sheet.contains(event.target) ? pan(event) : null; // what is not the page: scroll bars
    return sheet.dataset.mode === "compare" ? slide(event) : null;
  }

  stage.addEventListener("pointerdown", (event) => {
    drag = dragFrom(event);
    if (drag) stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => drag?.move?.(event));
  stage.addEventListener("pointerup", (event) => { drag?.end?.(event); drag = null; });
  stage.addEventListener("pointercancel", () => { drag = null; });
  // After a drag of the line the arrow keys go on turning pages: only Tab leads to it.
  stage.addEventListener("mousedown", (event) => { event.preventDefault(); stage.focus(); });
  stage.addEventListener("dblclick", (event) => zoom(event.clientX, event.clientY));
  stage.addEventListener("scroll", placeLine);
  new ResizeObserver(placeLine).observe(stage);
  visualViewport.addEventListener("resize", () => stage.classList.toggle("pinched", visualViewport.scale > 1));
  for (const image of [before, after]) {
    for (const outcome of ["load", "error"]) image.addEventListener(outcome, settle);
  }

  // ---- opening and closing

  function setOpen(open) {
    viewer.hidden = !open;
    document.querySelector("main").inert = open;
    document.documentElement.classList.toggle("viewing", open);
  }

  function close() {
    if (viewer.hidden) return;
    clearTimeout(addressTimer);
    if (document.fullscreenElement) document.exitFullscreen();
    setOpen(false);
    links[shown].focus();
  }

  function followAddress() {
    const index = /^#page-(\d+)$/.exec(location.hash)?.[1] - 1;
    if (!links[index]) return close();
    setOpen(true);
    stage.focus();
    show(index);
  }

  // Opened from the grid, the viewer is left as by the back button.
  function leave() {
    if (history.state?.fromGrid) return history.back();
    history.replaceState(null, "", location.href.split("#")[0]);
    close();
  }

  const actions = {
    previous: () => turnTo(shown - 1),
    next: () => turnTo(shown + 1),
    before: () => setMode("before"),
    compare: () => setMode("compare"),
    after: () => setMode("after"),
    picture: (button) => pick(button.value),
    zoom: () => zoom(),
    direction: () => setDirection(!isRightToLeft()),
    fullscreen: () => document.fullscreenElement ? document.exitFullscreen() : viewer.requestFullscreen(),
    close: leave,
  };
  const keys = {
    arrowleft: () => turn(-1),
    arrowright: () => turn(1),
    home: () => turnTo(0),
    end: () => turnTo(links.length - 1),
    escape: leave,
    b: () => setMode(modes[(modes.indexOf(mode) + 1) % modes.length]),
    g: () => pick("regions"),
    l: pickNextLayer,
    z: actions.zoom,
    r: actions.direction,
    f: actions.fullscreen,
  };
  const keysOfLine = { arrowleft: () => moveLine(split - 0.05), arrowright: () => moveLine(split + 0.05) };

  document.addEventListener("keydown", (event) => {
    if (viewer.hidden || event.ctrlKey || event.altKey || event.metaKey) return;
    const key = event.key.toLowerCase();
    const forLine = event.shiftKey || document.activeElement === handle;
    const action = (forLine && keysOfLine[key]) || keys[key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  links.forEach((link, index) => link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.shiftKey || event.metaKey) return; // another tab or window is wanted
    event.preventDefault();
    history.pushState({ fromGrid: true }, "", `#page-${index + 1}`);
    followAddress();
  }));
  viewer.addEventListener("click", (event) => {
    const clicked = event.target.closest("button");
    actions[clicked?.name]?.(clicked);
  });
  window.addEventListener("hashchange", followAddress);
  button("fullscreen").hidden = !document.fullscreenEnabled;
  setDirection(rememberedDirection());
  followAddress();
})();
