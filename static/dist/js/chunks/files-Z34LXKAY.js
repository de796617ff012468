import{a,b}from"./chunk-55UKPK5Q.js";import"./chunk-UKNJZCLQ.js";export{b as chosenFiles,a as enhanceFiles};
