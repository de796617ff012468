import{a,b}from"./chunk-5R2XYKUK.js";import"./chunk-I66OJ746.js";export{b as chosenFiles,a as enhanceFiles};
