import{l as a,m as b}from"./chunk-2HHVIH7L.js";import"./chunk-Z64SUSFX.js";export{b as codeEditor,a as enhanceEditor};
