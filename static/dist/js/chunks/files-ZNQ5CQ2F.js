import{a,b}from"./chunk-YTYKOFM2.js";import"./chunk-X4Z7ZWE3.js";export{b as chosenFiles,a as enhanceFiles};
