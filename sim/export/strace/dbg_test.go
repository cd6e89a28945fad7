package strace
import ("os";"fmt")
func init(){ if os.Getenv("ZDBG")!="" { dbg=func(im *importer,c *call){
 fmt.Printf("DIV line %d-%d %s\n",c.first,c.last,c.text[:min(len(c.text),400)])
 for _,p:=range im.pending { if moves[p.name] {fmt.Printf("   pend %d %d-%d %s\n",p.pid,p.first,p.last,p.text[:min(len(p.text),100)])}}
 s:="  ids:"; for _,p:=range im.ids.sorted { if p.log>bootIDs {s+=fmt.Sprintf(" %x:%d",p.log,int64(p.log)-int64(p.model))} }; if len(s)>600 {s=s[len(s)-600:]}; fmt.Println(s)
}}}
func init(){ if os.Getenv("ZDBG")!="" { dbgChild=func(im *importer,t *task){
 k:=im.m.Task(t.id); u:=im.m.UserNS(t.id); fmt.Printf("CHILD %s at log %d user %d mnt %d (log %x)\n",t.name,im.now,im.m.Nodes[u].ID,im.m.Nodes[im.m.Proxy(k.Proxy).NS[0]].ID, im.m.Nodes[u].ID+186)
}}}
