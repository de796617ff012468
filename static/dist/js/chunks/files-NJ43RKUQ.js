import{a,b}from"./chunk-PGYU426J.js";import"./chunk-7LRRAE7G.js";export{b as chosenFiles,a as enhanceFiles};
