import{a,b}from"./chunk-NBWW6OQA.js";import"./chunk-BDVSA5TD.js";export{b as chosenFiles,a as enhanceFiles};
