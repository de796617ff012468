import{a,b}from"./chunk-UGVZPBGS.js";import"./chunk-KPMYO3O2.js";export{b as chosenFiles,a as enhanceFiles};
