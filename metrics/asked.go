package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// asked answers with what others know: the journal, the outbox, the renderer, the forge's door.
type asked struct{ *Metrics }

// known are its metrics.
type known struct {
	leader, lines, bytes, appended, failed, waiting, oldest       *prometheus.Desc
	parsed, hits, misses, webhooks, trouble, certificate, dropped *prometheus.Desc
}

func knownDescs() known {
	return known{
		leader:      describe("sluice_leader", "1 on the process that acts, 0 on one that stands by."),
		lines:       describe("sluice_journal_lines", "Lines that the journal has."),
		bytes:       describe("sluice_journal_size_bytes", "Size of the journal."),
		appended:    describe("sluice_journal_appends_total", "Lines that this process has added to the journal."),
		failed:      describe("sluice_journal_errors_total", "Lines that the journal did not take."),
		waiting:     describe("sluice_statuses_waiting", "Commit statuses in the outbox, not posted yet."),
		oldest:      describe("sluice_status_oldest_waiting_seconds", "Age of the oldest commit status in the outbox; 0: it is empty."),
		parsed:      describe("sluice_render_files_parsed_total", "Files of the config repo that were parsed."),
		hits:        describe("sluice_render_cache_hits_total", "Groups whose desired state was taken from the cache."),
		misses:      describe("sluice_render_cache_misses_total", "Groups whose desired state was rendered."),
		webhooks:    describe("sluice_webhook_deliveries_total", "Deliveries of webhooks, by source and outcome.", "source", "outcome"),
		trouble:     describe("sluice_outside_trouble_seconds", "How long something outside has not taken what it is sent, by what it is.", "what"),
		dropped:     describe("sluice_log_lines_dropped_total", "Lines of the log that were left out because the same came too often."),
		certificate: describe("sluice_api_certificate_expiry_timestamp_seconds", "When the certificate of the daemon's own address ends."),
	}
}

// Describe names the metrics.
func (c asked) Describe(to chan<- *prometheus.Desc) {
	d := knownDescs()
	for _, desc := range []*prometheus.Desc{
		d.leader, d.lines, d.bytes, d.appended, d.failed, d.waiting, d.oldest, d.parsed, d.hits, d.misses, d.webhooks, d.trouble, d.certificate, d.dropped,
	} {
		to <- desc
	}
}

// Collect asks all.
func (c asked) Collect(to chan<- prometheus.Metric) {
	d := knownDescs()
	if c.config.Dropped != nil {
		to <- counter(d.dropped, float64(c.config.Dropped()))
	}
	c.journal(to, d)
	c.renderer(to, d)
	c.forge(to, d)
	if c.config.Leads != nil {
		to <- gauge(d.leader, truth(c.config.Leads()))
	}
	if c.config.Certificate == nil {
		return
	}
	if until := c.config.Certificate(); !until.IsZero() {
		to <- gauge(d.certificate, seconds(until))
	}
}

func (c asked) journal(to chan<- prometheus.Metric, d known) {
	stats, waiting := c.config.Journal.Stats(), c.config.Journal.Outbox()
	to <- gauge(d.lines, float64(stats.Lines))
	to <- gauge(d.bytes, float64(stats.Bytes))
	to <- counter(d.appended, float64(stats.Appended))
	to <- counter(d.failed, float64(stats.Failed))
	to <- gauge(d.waiting, float64(len(waiting)))
	var oldest time.Duration
	for _, entry := range waiting {
		oldest = max(oldest, time.Since(entry.Started))
	}
	to <- gauge(d.oldest, oldest.Seconds())
}

func (c asked) renderer(to chan<- prometheus.Metric, d known) {
	if c.config.Rendered == nil {
		return
	}
	if stats, any := c.config.Rendered(); any {
		to <- counter(d.parsed, float64(stats.FilesParsed))
		to <- counter(d.hits, float64(stats.GroupsReused))
		to <- counter(d.misses, float64(stats.GroupsRendered))
	}
}

func (c asked) forge(to chan<- prometheus.Metric, d known) {
	if c.config.Webhooks != nil {
		source, counts := c.config.Webhooks()
		for outcome, n := range counts {
			to <- counter(d.webhooks, float64(n), source, outcome)
		}
	}
	if c.config.Troubles == nil {
		return
	}
	for what, since := range c.config.Troubles() {
		to <- gauge(d.trouble, max(time.Since(since), 0).Seconds(), what)
	}
}
