import{a,b}from"./chunk-HDFTZCCN.js";import"./chunk-HZLVBYXZ.js";export{b as chosenFiles,a as enhanceFiles};
