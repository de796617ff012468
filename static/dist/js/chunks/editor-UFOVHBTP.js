import{l as a,m as b}from"./chunk-QCSAYY6D.js";import"./chunk-Z64SUSFX.js";export{b as codeEditor,a as enhanceEditor};
