package sandbox

import "net/http"

// resetView is what a reset would forget.
type resetView struct{ orders, calls, faults int }

// askReset is GET /console/zerar: what will be lost, before it is.
func (g *pages) askReset(q *pageRequest) error {
	p := g.page(q, q.T("reset.sure"))
	p.path = "/console/zerar"
	var v resetView
	err := g.read(func(st *state) int64 {
		v.orders, v.faults = len(st.orders), len(st.faults)
		for _, o := range st.orders {
			for i := range o.calls {
				if o.calls[i].State == callQueued {
					v.calls++
				}
			}
		}
		return g.log.position()
	})
	if err != nil {
		return err
	}
	return q.show(http.StatusOK, resetPage(p, v))
}

// reset is POST /console/zerar, the same as the control.
func (g *pages) reset(q *pageRequest) error {
	if _, _, err := g.controlReset(q.Request, nil); err != nil {
		return err
	}
	return q.goTo("/console", "zerar")
}
