// What every page runs.
document.documentElement.dataset.scripts = "yes";
export {};
