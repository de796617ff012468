import{a,b}from"./chunk-GK6TALH7.js";import"./chunk-XVBHSCCS.js";export{b as chosenFiles,a as enhanceFiles};
