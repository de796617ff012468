import{a,b}from"./chunk-SGJ3WJN3.js";import"./chunk-UJ4XLN5Y.js";export{b as chosenFiles,a as enhanceFiles};
