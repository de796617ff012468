import{k as a,l as b}from"./chunk-GEBQNHCM.js";export{b as codeEditor,a as enhanceEditor};
