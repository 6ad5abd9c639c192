package record

// Lines returns how many lines of the journal are known.
func (v *View) Lines() int64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.seq
}
