package simulation

import (
	"cmp"
	"testing/synctest"
	"time"

	"github.com/sluice-gitops/sluice/gateway"
	"github.com/sluice-gitops/sluice/record"
)

// world is one run.
type world struct {
	dice  chance
	trace *trace
	stage *stage

	stands  []stand
	remote  *remote
	oracle  *oracle
	sites   map[string]*site
	names   []string // of the sites, in order
	disk    *disk
	ledger  *ledger
	forge   *hosted
	daemon  *incarnation // nil while none runs
	restart time.Time    // when the next one starts

	retries bool // the clients try again by themselves: time then goes in long steps (see patience)
	control bool // the instances can be asked what they have taken
	settings

	verified map[verdict]int  // what held, and how long the journal was then
	failed   map[verdict]bool // what did not hold, for no group
	climbed  map[climb]bool   // the steps of canaries that held

	ends         bool
	patient      int // the most steps until nothing happens any more
	sabotage     *Sabotage
	stopping     bool // the daemon was told to stop
	owed         bool // a nudge (see quiet)
	calm         bool // nothing more goes wrong
	broken       string
	begun        []pass // the newest last
	incarnations int
	crashes      int
	strangers    int
	writes       int
}

// Options say how a run goes.
type Options struct {
	Steps    int          // how long trouble lasts; 0 means 250
	Rest     int          // how many steps it may take until nothing happens any more; 0 means 120000
	Show     func(string) // is told each line of the trace; nil: nobody
	Sabotage *Sabotage    // breaks the daemon on purpose; nil: not
	Ends     bool         // every commit that was looked at must have an end, not only the head
}

// Outcome is what a run came to.
type Outcome struct {
	Seed    uint64
	Trace   string // the same for the same run
	Broken  string // the promise that was not kept; empty: all were
	Commits int
	Crashes int
	Writes  int
	Entries int
	Posted  int
	Took    time.Duration // virtual
}

// Run plays one seed. It must be called in a bubble of testing/synctest.
func Run(seed uint64, o Options) Outcome {
	w := newWorld(seed, o)
	steps := o.Steps
	if steps == 0 {
		steps = 250
	}
	if w.dice.oneIn(2) {
		w.calm = true
		w.waitForQuiet()
		w.calm = false
		steps += w.trace.step
	}
	for w.trace.step < steps && w.broken == "" {
		w.step()
	}
	w.comeToRest()
	if w.daemon != nil {
		w.kill("the run is over")
	}
	for _, s := range w.sites {
		_ = s.gateway.Close() // it listens nowhere and has no file
		w.writes += s.writes
	}
	return Outcome{
		Seed: seed, Trace: w.trace.hash(), Broken: w.broken, Commits: len(w.remote.order), Crashes: w.crashes, Writes: w.writes,
		Entries: len(w.ledger.lines), Took: time.Since(w.trace.began), Posted: w.forge.taken,
	}
}

func newWorld(seed uint64, o Options) *world {
	dice := newChance(seed)
	time.Sleep(pick(dice, 0, beforeSummer, beforeWinter))
	w := &world{
		dice: dice, trace: newTrace(o.Show), stage: &stage{}, remote: newRemote(), sites: map[string]*site{},
		disk: &disk{}, ledger: newLedger(), forge: &hosted{shows: map[address]shownStatus{}}, sabotage: o.Sabotage, verified: map[verdict]int{}, failed: map[verdict]bool{}, climbed: map[climb]bool{},
	}
	w.ends, w.oracle, w.patient = o.Ends, newOracle(w.remote), cmp.Or(o.Rest, mostSteps)
	w.stands = pick(w.dice, layouts()...)
	w.retries, w.control = w.dice.oneIn(2), w.dice.oneIn(2)
	w.settings = newSettings(w.dice)
	for _, s := range w.stands {
		for _, name := range s.groups() {
			w.names = append(w.names, name)
			w.sites[name] = newSite(name)
			w.sites[name].view.lag = w.lag
		}
	}
	if w.sabotage != nil {
		w.sabotage.disk(w.disk)
	}
	w.trace.note("%d gateway groups, retries %v, control API %v, drain %v", len(w.names), w.retries, w.control, w.drain)
	first := w.remote.commit(nil, firstContent(w.stands, w.dice), "begin")
	w.trace.note("commit %s", first.short())
	w.daemon = w.start()
	return w
}

// How long after the beginning of virtual time the clocks of Europe are about to be put forward, and back.
const (
	beforeSummer = (84*24 + 20) * time.Hour
	beforeWinter = (301*24 + 20) * time.Hour
)

// lag is how long a worker needs for one write. What the control API shows may take longer than the settle time.
func (w *world) lag(kind gateway.Kind) time.Duration {
	most := settleTime * 9 / 10
	if w.control && (kind == gateway.Routes || kind == gateway.Services || kind == gateway.Upstreams) {
		most = 4 * time.Second
	}
	return w.dice.span(most)
}

// step lets the program come to rest, looks, and lets one thing happen.
func (w *world) step() {
	w.trace.step++
	w.rest()
	w.pay()
	if w.broken == "" && !w.calm {
		w.happen()
		w.rest() // what it led to must not come while the next operation is chosen
	}
	if w.broken == "" {
		w.proceed()
	}
}

// rest waits until every goroutine of the daemon waits for something, and looks at what it has done.
func (w *world) rest() {
	synctest.Wait()
	for w.letLook() {
		synctest.Wait()
	}
	w.readJournal()
	w.checkViews()
	w.bury()
	if w.daemon == nil && !w.restart.After(time.Now()) {
		w.daemon = w.start()
		w.restart = time.Now().Add(time.Minute)
		synctest.Wait()
		w.readJournal()
	}
}

// bury notes that a daemon has ended that was told to.
func (w *world) bury() {
	if w.daemon == nil || !w.daemon.over() {
		return
	}
	if !w.stopping {
		w.breach("daemon %d has ended by itself", w.daemon.number)
	}
	w.trace.note("daemon %d has stopped", w.daemon.number)
	w.stage.kill(w.daemon)
	w.daemon = nil
	w.rise()
}

// verifyChain proves the journal as it is on disk.
func (w *world) verifyChain() {
	report, err := record.VerifyStore(w.disk.image())
	if err != nil || report.Broken != 0 {
		w.breach("the chain of the journal is broken at line %d: %s %v", report.Broken, report.Why, err)
	}
}
