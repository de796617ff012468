import{a,b}from"./chunk-CR532XXZ.js";import"./chunk-TMICCJIR.js";export{b as chosenFiles,a as enhanceFiles};
