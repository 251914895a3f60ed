package local

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// lockedWriter lets stdout and stderr, which are copied by a goroutine each, share a writer.
type lockedWriter struct {
	mutex  sync.Mutex
	writer io.Writer
}

func (w *lockedWriter) Write(data []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.writer.Write(data)
}

func (w *lockedWriter) when(wanted bool) io.Writer {
	if wanted {
		return w
	}
	return io.Discard
}

// maxLogLine bounds one message to the engine, in bytes; a longer line is logged in pieces.
const maxLogLine = 16 * 1024

// lineLogger logs what is written to it line by line.
type lineLogger struct {
	pending []byte
	log     func(line string)
}

func (l *lineLogger) Write(data []byte) (int, error) {
	l.pending = append(l.pending, data...)
	for {
		end := bytes.IndexByte(l.pending, '\n')
		rest := end + 1
		if end < 0 && len(l.pending) >= maxLogLine {
			end, rest = maxLogLine, maxLogLine
		}
		if end < 0 {
			return len(data), nil
		}
		l.log(strings.ToValidUTF8(string(l.pending[:end]), "\uFFFD"))
		l.pending = l.pending[rest:]
	}
}

func (l *lineLogger) flush() {
	if len(l.pending) > 0 {
		l.log(strings.ToValidUTF8(string(l.pending), "\uFFFD"))
		l.pending = nil
	}
}
