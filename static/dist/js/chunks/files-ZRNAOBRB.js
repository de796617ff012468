import{a,b}from"./chunk-F6O3VT5W.js";import"./chunk-VFZJ6WSP.js";export{b as chosenFiles,a as enhanceFiles};
