package record

import "go.uber.org/zap"

// largeJournal is the size from which on a journal is worth a thought, in bytes: it is read whole at each start, and etcd holds 2 GiB unless
// told otherwise.
const largeJournal = 512 << 20

// tellSize says in the log that the journal has come to so many bytes, and what to do.
func (j *Journal) tellSize(most int64) {
	j.mu.RLock()
	size := j.size
	j.mu.RUnlock()
	if size < most {
		return
	}
	j.log.Warn("the journal is large, it is read whole at each start",
		zap.Int64("bytes", size), zap.String("hint", "begin a new one when it suits you: docs/operations.md, \"The journal is large\""))
}
