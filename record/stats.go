package record

// Stats says how large a journal is, and how writing to it has gone since it was opened.
type Stats struct {
	Lines    int64 // that the journal has
	Bytes    int64
	Appended int64 // lines that this process has added
	Failed   int64 // lines that the store did not take
}

// Stats returns the numbers as they are now.
func (j *Journal) Stats() Stats {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return Stats{Lines: j.seq, Bytes: j.size, Appended: j.appended, Failed: j.failed}
}
