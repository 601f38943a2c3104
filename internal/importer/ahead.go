package importer

import (
	"errors"
	"io"

	"ponte/internal/flow"
)

// ahead reads a sheet while what was read before is planned or written: two cores share a walk that way.
type ahead struct {
	out  chan portion
	used chan []Row // to be filled again
	stop chan struct{}
	done chan struct{}
}

// portion is a chunk of rows, how many bytes of the sheet were read by then, and what came behind it: io.EOF at the end.
type portion struct {
	rows  []Row
	bytes int64
	err   error
}

// portionsAhead bound what is held of a sheet.
const portionsAhead = 3

func readAhead(s *Sheet) *ahead {
	a := &ahead{out: make(chan portion), used: make(chan []Row, portionsAhead), stop: make(chan struct{}), done: make(chan struct{})}
	for range portionsAhead {
		a.used <- make([]Row, 0, flow.ChunkRows)
	}
	go a.read(s)
	return a
}

func (a *ahead) read(s *Sheet) {
	defer close(a.done)
	for {
		var p portion
		select {
		case p.rows = <-a.used:
		case <-a.stop:
			return
		}
		p.rows, p.err = fill(p.rows[:0], s)
		p.bytes = s.read.n
		select {
		case a.out <- p:
		case <-a.stop:
			return
		}
		if p.err != nil {
			return
		}
	}
}

func fill(rows []Row, s *Sheet) ([]Row, error) {
	for len(rows) < flow.ChunkRows {
		r, err := s.next()
		if err != nil {
			return rows, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// each takes the portions in their order, and returns what take refused, or what reading came to but its end. Nobody
// reads the sheet any more by then.
func (a *ahead) each(take func(portion) error) error {
	defer func() {
		close(a.stop)
		<-a.done
	}()
	for p := range a.out {
		if p.err != nil && !errors.Is(p.err, io.EOF) {
			return p.err
		}
		if err := take(p); err != nil {
			return err
		}
		if p.err != nil {
			return nil
		}
		a.used <- p.rows
	}
	return nil
}
