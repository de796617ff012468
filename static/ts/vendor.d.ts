// What packages and the build give us without types of their own.

declare module "hls.js/light" {
  export { default } from "hls.js";
}

/** Name of the folder MathJax is served from, put in by the build. */
declare const MATHJAX: string;
