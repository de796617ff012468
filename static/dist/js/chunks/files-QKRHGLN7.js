import{a,b}from"./chunk-Q433MHEM.js";import"./chunk-C6AZRFL6.js";export{b as chosenFiles,a as enhanceFiles};
