const field=document.querySelector("nav input");
field.addEventListener("input",()=>{const words=field.value.toLowerCase().split(/\s+/).filter(Boolean);
for(const one of document.querySelectorAll("[data-find]")){one.hidden=!words.every(word=>one.dataset.find.includes(word))}
for(const part of document.querySelectorAll("main>section[id],nav>section")){part.hidden=!part.querySelector("[data-find]:not([hidden])")}});
document.addEventListener("keydown",event=>{if(event.key==="/"&&event.target!==field){event.preventDefault();field.focus()}});
