package diag

// AtMost returns the list when it holds no more than n faults. Else it returns the first n of them, those that stop the work before
// those that don't, and one more at the place of the last that says that there are others: a file of a megabyte can hold a hundred
// thousand faults. N is positive. A list that is added to may be sorted and cut many times; it ends as if it had been cut once.
func (l List) AtMost(n int) List {
	if len(l) <= n {
		return l
	}
	kept, rest := make(List, 0, n+1), List(nil)
	for _, severity := range []Severity{Error, Warning} {
		for _, d := range l {
			switch {
			case d.Severity != severity:
			case d.Code == moreFaults:
				rest = List{d} // the list was cut before
			case len(kept) == n:
				return append(kept, more(kept[n-1], n))
			default:
				kept = append(kept, d)
			}
		}
	}
	return append(kept, rest...)
}

const moreFaults = "more-faults"

// more stands for what is left out after a fault.
func more(last Diagnostic, n int) Diagnostic {
	d := Errorf(last.Pos, "more-faults", "there are more faults than the %d that are listed", n).WithHint("mend those first")
	d.Severity = last.Severity
	return d
}
