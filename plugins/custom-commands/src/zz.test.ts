import { it } from 'vitest';
import { translatePattern } from './language/index.ts';
import { createBacktracker } from './language/pattern/backtrack.ts';
import { readPattern } from './language/pattern/read-pattern.ts';
it('fuzz', { timeout: 300000 }, () => {
  let seed=Number(process.env.SEED??1); const rnd=()=>{seed=(seed+0x6D2B79F5)|0; let t=Math.imul(seed^(seed>>>15),1|seed); t=(t+Math.imul(t^(t>>>7),61|t))^t; return ((t^(t>>>14))>>>0)/4294967296;};
  const pick=<T,>(a:T[])=>a[Math.floor(rnd()*a.length)]!;
  const gen=(d:number):string=>{ const r=rnd(); if(d===0||r<.25) return pick(['a','b','ab','.','[ab]','[^a]','/','a?','b?','ba']); if(r<.55) return gen(d-1)+gen(d-1); if(r<.7) return `(?:${gen(d-1)}|${gen(d-1)})`; return `(?:${gen(d-1)})${pick(['*','+','?','{2}','{0,3}','{1,20}','{2,}','{0,30}'])}`;};
  const end=Date.now()+60000; let n=0,acc=0,bad=0, worst=0, worstms=0;
  while(Date.now()<end){ n++; const p=gen(4); if(p.length>80) continue; const r=translatePattern(p,{allowEmpty:true,maxChars:128}); if(!r.ok) continue; acc++;
    const {node}=readPattern(p,{allowWideRange:false}); const bt=createBacktracker(node)!; const re=new RegExp(r.source,'u');
    for(let k=0;k<30;k++){ const len=1+Math.floor(rnd()*6); let w=''; for(let i=0;i<len;i++) w+=pick(['a','b','/','a','b','c']); let pre=''; for(let i=0;i<Math.floor(rnd()*5);i++) pre+=pick(['a','b','/']); const t=(pre+w.repeat(130)).slice(0,Math.floor(126*rnd())+2)+pick(['!','\n','','/','c']);
      const s=bt.countSteps(t,2000000); if(s>worst) {worst=s;}
      if(s>400000){bad++; if(bad<15) console.log(p,JSON.stringify(t),s); break;}
      const t0=performance.now(); re.test(t); const ms=performance.now()-t0; if(ms>worstms){worstms=ms; console.log('ms',ms.toFixed(2),p,s)} } }
  console.log({n,acc,bad,worst,worstms});
});
