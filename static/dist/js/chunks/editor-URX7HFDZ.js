import{i as a,j as b}from"./chunk-MBEPGKLK.js";export{b as codeEditor,a as enhanceEditor};
