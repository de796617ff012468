import{a}from"./chunk-3VQVZ5VU.js";import"./chunk-DRTRBAVK.js";import"./chunk-U2VVFROG.js";export{a as enhanceVideo};
