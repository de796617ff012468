import{l as a,m as b}from"./chunk-N6IWWRCN.js";export{b as codeEditor,a as enhanceEditor};
