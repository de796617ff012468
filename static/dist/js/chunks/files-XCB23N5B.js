import{a,b}from"./chunk-RBRG54KL.js";import"./chunk-YM6OWTD2.js";export{b as chosenFiles,a as enhanceFiles};
