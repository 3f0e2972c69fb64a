"""Color pages and volumes with a trained generator: what a page shows, which colors it gets, which files it becomes."""
