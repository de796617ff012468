function p(n){let e=n.querySelector("textarea");if(!e)return{};let a=Number(n.dataset.tab)||4,s=!1;return e.addEventListener("input",()=>{s=!0}),e.addEventListener("blur",()=>{s=!1}),e.addEventListener("keydown",t=>{if(t.key==="Escape")s=!1;else if(t.key==="Tab"&&s&&!t.ctrlKey&&!t.altKey&&!t.metaKey)t.preventDefault(),m(e,a,t.shiftKey);else if(t.key==="Enter"&&!t.isComposing&&!t.shiftKey&&!t.ctrlKey&&!t.metaKey){let r=e.value.slice(0,e.selectionStart),o=/(?:^|\n)([ \t]*)[^\n]*$/.exec(r)?.[1]??"";o!==""&&(t.preventDefault(),u(e,`
${o}`))}}),n.hasAttribute("data-lines")?{sync:d(n,e)}:{}}function d(n,e){let a=document.createElement("div");a.className="code__lines",a.setAttribute("aria-hidden","true");let s=document.createElement("div");a.append(s),n.prepend(a),n.classList.add("has-lines");let i=0,t=()=>{s.style.translate=`0 ${-e.scrollTop}px`},r=()=>{let o=e.value.split(`
`).length;o!==i&&(i=o,s.textContent=Array.from({length:Math.min(o,1e4)},(l,c)=>c+1).join(`
`)),t()};return e.addEventListener("input",r),e.addEventListener("scroll",t,{passive:!0}),r(),r}function m(n,e,a){let{value:s,selectionStart:i,selectionEnd:t}=n,r=s.lastIndexOf(`
`,i-1)+1;if(!a&&i===t){u(n," ".repeat(e-(i-r)%e));return}let l=s.slice(r,t).split(`
`).map(c=>a?c.replace(new RegExp(`^(	| {1,${e}})`),""):c&&" ".repeat(e)+c);n.setSelectionRange(r,t),u(n,l.join(`
`)),n.setSelectionRange(r,r+l.join(`
`).length)}function u(n,e){document.execCommand("insertText",!1,e)||(n.setRangeText(e,n.selectionStart,n.selectionEnd,"end"),n.dispatchEvent(new Event("input",{bubbles:!0})))}export{p as enhanceCode};
