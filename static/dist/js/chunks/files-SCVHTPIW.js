import{a,b}from"./chunk-IUWEQDMY.js";import"./chunk-B5WBTVIO.js";export{b as chosenFiles,a as enhanceFiles};
