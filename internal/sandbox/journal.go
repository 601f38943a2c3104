package sandbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

const journalName = "diario.jsonl"

var (
	errClosed  = errors.New("sandbox: fechado")
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

// journal is an append-only file of JSON lines, each behind its checksum. Callers append under the server's mutex and
// wait outside it; whoever waits at the same moment shares one fsync. After a failed write nothing more is written or
// acknowledged: what the disk holds is known again only after a new start.
type journal struct {
	file *os.File
	sync func() error // file.Sync; tests hold it

	mu      sync.Mutex
	work    sync.Cond
	open    *batch // collecting
	writing *batch // on its way to the disk
	durable int64  // every position up to here is on the disk
	last    int64
	err     error
	stop    chan struct{}
}

// batch is what one fsync makes durable.
type batch struct {
	buf  []byte
	last int64
	done chan struct{}
	err  error
}

func newBatch(buf []byte) *batch { return &batch{buf: buf[:0], done: make(chan struct{})} }

// startJournal continues a file whose good lines have been read.
func startJournal(f *os.File) *journal {
	j := &journal{file: f, sync: f.Sync, open: newBatch(nil), stop: make(chan struct{})}
	j.work.L = &j.mu
	go j.run()
	return j
}

// append puts a record in line and answers its position. It is durable once wait has answered.
func (j *journal) append(r record) (int64, error) {
	line, err := plainJSON(r)
	if err != nil {
		return 0, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return 0, j.err
	}
	j.last++
	j.open.buf = appendLine(j.open.buf, line)
	j.open.last = j.last
	j.work.Signal()
	return j.last, nil
}

// wait answers once the position is on the disk, or with the reason why it may never be.
func (j *journal) wait(lsn int64) error {
	j.mu.Lock()
	b, err := j.open, j.err
	switch {
	case lsn <= j.durable:
		b, err = nil, nil
	case j.writing != nil && lsn <= j.writing.last:
		b = j.writing
	case lsn > j.open.last:
		b = nil
	}
	j.mu.Unlock()
	if b == nil {
		return err
	}
	<-b.done
	return b.err
}

// position is that of the last record in line.
func (j *journal) position() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// trouble is why the journal no longer takes anything; nil while it does.
func (j *journal) trouble() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

func (j *journal) run() {
	defer close(j.stop)
	var spare []byte
	for {
		j.mu.Lock()
		for len(j.open.buf) == 0 && j.err == nil {
			j.work.Wait()
		}
		b := j.open
		failed := j.err != nil && !errors.Is(j.err, errClosed)
		if len(b.buf) == 0 || failed {
			b.err = j.err
			close(b.done)
			j.mu.Unlock()
			return
		}
		j.open, j.writing = newBatch(spare), b
		j.mu.Unlock()

		_, err := j.file.Write(b.buf)
		if err == nil {
			err = j.sync()
		}

		j.mu.Lock()
		if err != nil {
			j.err = fmt.Errorf("sandbox: gravação do diário: %w", err)
			b.err = j.err
		} else {
			j.durable = b.last
		}
		j.writing = nil
		spare = b.buf
		j.mu.Unlock()
		close(b.done)
	}
}

// close writes what is in line, and takes nothing more.
func (j *journal) close() error {
	j.mu.Lock()
	if j.err == nil {
		j.err = errClosed
	}
	j.work.Signal()
	j.mu.Unlock()
	<-j.stop
	return j.file.Close()
}

// appendLine writes "checksum SP json LF".
func appendLine(dst, line []byte) []byte {
	dst = fmt.Appendf(dst, "%08x ", crc32.Checksum(line, castagnoli))
	dst = append(dst, line...)
	return append(dst, '\n')
}

// parseLine undoes appendLine; not ok: torn or damaged.
func parseLine(raw []byte) (line []byte, ok bool) {
	if len(raw) < 10 || raw[8] != ' ' || raw[len(raw)-1] != '\n' {
		return nil, false
	}
	sum, err := strconv.ParseUint(string(raw[:8]), 16, 32)
	line = raw[9 : len(raw)-1]
	return line, err == nil && crc32.Checksum(line, castagnoli) == uint32(sum)
}

// readJournal hands every good line to apply and cuts off a torn end, which nobody was told of. Damage with good
// lines after it is not a torn end: then it refuses, because what follows was acknowledged.
func readJournal(f *os.File, apply func(record) error) (lines int, err error) {
	in := bufio.NewReaderSize(f, 1<<16)
	var good int64
	torn := false
	for n := 1; ; n++ {
		raw, readErr := in.ReadBytes('\n')
		if readErr != nil && readErr != io.EOF {
			return lines, readErr
		}
		if len(raw) > 0 {
			line, ok := parseLine(raw)
			switch {
			case !ok:
				torn = true
			case torn:
				return lines, fmt.Errorf("sandbox: o diário está danificado no byte %d, com linhas boas depois", good)
			default:
				var r record
				if err := json.Unmarshal(line, &r); err != nil {
					return lines, fmt.Errorf("sandbox: linha %d do diário: %w", n, err)
				}
				if err := apply(r); err != nil {
					return lines, fmt.Errorf("sandbox: linha %d do diário: %w", n, err)
				}
				lines++
				good += int64(len(raw))
			}
		}
		if readErr == io.EOF {
			break
		}
	}
	if torn {
		if err := f.Truncate(good); err != nil {
			return lines, err
		}
		if err := f.Sync(); err != nil {
			return lines, err
		}
	}
	_, err = f.Seek(good, io.SeekStart)
	return lines, err
}

// rewriteJournal puts a snapshot in the journal's place, all or nothing.
func rewriteJournal(dir string, snapshot func(emit func(record) error) error) (*os.File, error) {
	path := filepath.Join(dir, journalName)
	f, err := os.OpenFile(path+".novo", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriterSize(f, 1<<16)
	err = snapshot(func(r record) error {
		line, err := plainJSON(r)
		if err == nil {
			_, err = out.Write(appendLine(nil, line))
		}
		return err
	})
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(path+".novo", path)
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return d.Sync()
}
