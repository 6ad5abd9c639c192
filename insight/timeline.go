package insight

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/sluice-gitops/sluice/record"
)

// linedUp is how many groups of a wave have a moment of their own; more are one moment together.
const linedUp = 12

// timeline tells the way of the commit through the environment, the oldest moment first. What the journal holds is told by it; the rest is
// known for as long as the daemon runs.
func (r *turnReader) timeline(t Turn) []Moment {
	var moments []Moment
	written := r.written()
	moments = append(moments, written...)
	moments = append(moments, r.told(written)...)
	for _, e := range slices.Backward(r.entries) {
		if e.Group == "" {
			moments = append(moments, whole(e))
		}
	}
	if !t.Final && t.State != "" {
		moments = r.withNow(moments, t)
	}
	slices.SortStableFunc(moments, func(a, b Moment) int { return a.At.Compare(b.At) })
	if t.Commit.When.IsZero() {
		return moments
	}
	// Whatever the clock of its committer said, it comes first.
	return slices.Insert(moments, 0, Moment{At: t.Commit.When, State: "committed", Text: t.Commit.Subject})
}

// told returns the steps that nobody but the running daemon knows: those on the way to what is written, and what is verified after it. Where
// nothing was told of a verification, the journal says at least that there was one.
func (r *turnReader) told(written []Moment) []Moment {
	var moments []Moment
	verified := false
	for _, step := range r.m.steps.of(r.env.Name, r.hash) {
		state := record.State(step.State)
		if state.Final() || state == record.Applying && len(written) > 0 {
			continue
		}
		verified = verified || state == record.Verifying
		moments = append(moments, step.until(written))
	}
	if checks := r.checks(); !verified && len(checks) > 0 && len(written) > 0 && r.end.ID != 0 {
		end := slices.MaxFunc(written, func(a, b Moment) int { return a.End.Compare(b.End) }).End
		moments = append(moments, Moment{At: end, End: r.end.Started, State: string(record.Verifying), Text: counted(len(checks), "check"), OK: held(checks)})
	}
	return moments
}

// until ends a step no later than with what is written next.
func (m Moment) until(written []Moment) Moment {
	for _, next := range written {
		if next.At.After(m.At) && (m.End.IsZero() || next.At.Before(m.End)) {
			m.End = next.At
		}
	}
	return m
}

func counted(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func held(checks []record.Check) *bool {
	ok := !slices.ContainsFunc(checks, func(c record.Check) bool { return !c.OK })
	return &ok
}

// whole is the moment of an entry of the environment as a whole.
func whole(e record.Entry) Moment {
	m := Moment{At: e.Started, End: e.Finished, State: string(e.State), Text: e.Text}
	if m.End.Sub(m.At) < time.Millisecond {
		m.End = time.Time{}
	}
	switch e.State {
	case record.Applied, record.Unchanged:
		m.OK = truth(true)
	case record.Held, record.Failed, record.RolledBack:
		m.OK = truth(false)
	case record.Applying:
		m.Text, m.Now = "rolling back: "+e.Text, true
	}
	return m
}

func truth(is bool) *bool { return &is }

// written returns the moments of the entries of groups, in the order of time: many of a wave together.
func (r *turnReader) written() []Moment {
	waves, byWave := r.waves(), map[int][]record.Entry{}
	for _, e := range slices.Backward(r.entries) {
		if e.Group != "" {
			byWave[waves[e.Group]] = append(byWave[waves[e.Group]], e)
		}
	}
	var moments []Moment
	for wave, entries := range byWave {
		if len(entries) > linedUp {
			moments = append(moments, together(wave, entries))
			continue
		}
		for _, e := range entries {
			moments = append(moments, groupMoment(wave, e))
		}
	}
	slices.SortStableFunc(moments, func(a, b Moment) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Group, b.Group)) })
	return moments
}

func groupMoment(wave int, e record.Entry) Moment {
	m := Moment{At: e.Started, End: e.Finished, State: string(record.Applying), Wave: wave, Group: e.Group, Text: countText(e)}
	if e.State.Final() {
		m.OK = truth(e.State == record.Applied || e.State == record.Unchanged)
	} else {
		m.Now = true
	}
	if e.Reason == "canary" || e.Reason == "rollback" {
		m.Text = cmp.Or(e.Text, e.Reason) + ": " + m.Text
	}
	if e.Error != "" {
		m.Text = e.Error
	}
	return m
}

func countText(e record.Entry) string {
	text := fmt.Sprintf("%d created, %d updated, %d deleted", e.Created, e.Updated, e.Deleted)
	if e.Adopted > 0 {
		text += fmt.Sprintf(", %d adopted", e.Adopted)
	}
	if e.Failed > 0 {
		text += fmt.Sprintf(", %d failed", e.Failed)
	}
	return text
}

// together is one moment for many groups of a wave.
func together(wave int, entries []record.Entry) Moment {
	m := Moment{At: entries[0].Started, State: string(record.Applying), Wave: wave}
	sum, groups, failed := record.Entry{}, map[string]bool{}, 0
	for _, e := range entries {
		groups[e.Group] = true
		sum.Created, sum.Updated, sum.Deleted = sum.Created+e.Created, sum.Updated+e.Updated, sum.Deleted+e.Deleted
		sum.Adopted, sum.Failed = sum.Adopted+e.Adopted, sum.Failed+e.Failed
		if e.Started.Before(m.At) {
			m.At = e.Started
		}
		if e.Finished.After(m.End) {
			m.End = e.Finished
		}
		m.Now = m.Now || !e.State.Final()
		if e.State.Final() && e.State != record.Applied && e.State != record.Unchanged {
			failed++
		}
	}
	m.Text = fmt.Sprintf("%d groups: %s", len(groups), countText(sum))
	if failed > 0 {
		m.Text += fmt.Sprintf("; %d did not get there", failed)
	}
	if m.Now {
		m.End = time.Time{}
	} else {
		m.OK = truth(failed == 0)
	}
	return m
}

// withNow marks what goes on now, and adds it where nobody has told it.
func (r *turnReader) withNow(moments []Moment, t Turn) []Moment {
	for i := len(moments) - 1; i >= 0; i-- {
		if moments[i].State == t.State && moments[i].OK == nil && moments[i].Group == "" {
			moments[i].Now, moments[i].End, moments[i].Text = true, time.Time{}, cmp.Or(t.Text, moments[i].Text)
			return moments
		}
	}
	if slices.ContainsFunc(moments, func(m Moment) bool { return m.Now && m.State == t.State }) {
		return moments
	}
	return append(moments, Moment{At: cmp.Or(t.Since, time.Now().UTC()), State: t.State, Text: t.Text, Now: true})
}
