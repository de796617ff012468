document.documentElement.dataset.scripts="yes";
