package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Listen begins to hear what other processes announce, on a connection of its own: through a pooler that hands connections
// out by the transaction nothing is heard. A line that broke is made anew, and what was said meanwhile counts as missed.
// Call it at most once, before Close.
func (n *News) Listen(h Heard) {
	if n.store.dialect != Postgres {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.stopListening, n.listened = cancel, make(chan struct{})
	go func() {
		defer close(n.listened)
		n.keepHearing(ctx, h)
	}()
}

// How long nobody listens after a line broke, doubling.
const firstPause, longestPause = 50 * time.Millisecond, 2 * time.Second

func (n *News) keepHearing(ctx context.Context, h Heard) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		began := time.Now()
		err := n.hear(ctx, h)
		if ctx.Err() != nil {
			return
		}
		n.log.Warn("news: the line to PostgreSQL broke; it is made anew", "error", err)
		if time.Since(began) > longestPause {
			pause = firstPause
		}
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}

// hear listens until the line breaks.
func (n *News) hear(ctx context.Context, h Heard) error {
	conn, err := n.connect(ctx)
	if err != nil {
		return err
	}
	defer func() {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), newsPatience)
		defer cancel()
		_ = conn.Close(bounded)
	}()
	h.Missed() // whatever was said before we listened
	there, err := n.others(ctx, conn)
	if err != nil {
		return err
	}
	for {
		err := n.until(ctx, conn, time.Now().Add(n.every), func(payload string) {
			if who, bye := n.one(payload, h); bye {
				delete(there, who)
			}
		})
		if err != nil {
			return err
		}
		now, err := n.others(ctx, conn)
		if err != nil {
			return err
		}
		for who := range there {
			if !now[who] { // without a word: it may have had something to say
				n.log.WarnContext(ctx, "news: another process is gone without a word", "process", who)
				h.Missed()
				break
			}
		}
		there = now
	}
}

func (n *News) connect(ctx context.Context) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(n.store.listen)
	if err != nil {
		return nil, err
	}
	cfg.RuntimeParams["application_name"] = newsListener + n.id
	ctx, cancel := context.WithTimeout(ctx, newsPatience)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+newsChannel); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, nil
}

// until hands over what arrives before a moment.
func (n *News) until(ctx context.Context, conn *pgx.Conn, end time.Time, take func(payload string)) error {
	bounded, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	for {
		m, err := conn.WaitForNotification(bounded)
		if m != nil {
			take(m.Payload)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case bounded.Err() != nil && !conn.IsClosed():
			return nil
		case err != nil:
			return err
		}
	}
}

// one takes an announcement, and answers who leaves.
func (n *News) one(payload string, h Heard) (who string, bye bool) {
	who, text, _ := strings.Cut(payload, "\n")
	switch {
	case who == n.id:
	case text == newsAll:
		h.Missed()
	case text == newsBye:
		h.Left()
		return who, true
	case text != "":
		h.Names(strings.Split(text, "\n"))
	}
	return who, false
}

// others are those who listen now beside us; asking also shows that the line lives.
func (n *News) others(ctx context.Context, conn *pgx.Conn) (map[string]bool, error) {
	ctx, cancel := context.WithTimeout(ctx, newsPatience)
	defer cancel()
	rows, err := conn.Query(ctx, "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE $1", newsListener+"%")
	if err != nil {
		return nil, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, name := range names {
		if id := strings.TrimPrefix(name, newsListener); id != n.id {
			out[id] = true
		}
	}
	return out, nil
}
