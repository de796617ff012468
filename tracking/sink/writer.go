package sink

import (
	"bytes"
	"context"
	"crypto/sha256"
	"time"
)

const (
	retryFirst   = 50 * time.Millisecond // after the first failed write; doubles
	retryLast    = time.Second
	spillBytes   = 1 << 20         // size of an outbox row
	outboxWait   = 5 * time.Second // for one row
	drainAgain   = 10 * time.Second
	identityTime = time.Second // how often the path is checked to still be our file
	writerRounds = 1 << 10
)

// writer writes browser events in batches, tries again what failed, spills what is too much, and forces data to disk.
func (l *Log) writer() {
	defer l.done.Done()
	batch := time.NewTicker(l.opt.Batch)
	defer batch.Stop()
	sync := time.NewTicker(l.opt.Sync)
	defer sync.Stop()
	retry := retryFirst
	var notBefore, drainAt, relieveAt time.Time
	for {
		select {
		case <-l.stop:
			return
		case <-sync.C:
			l.syncNow()
		case <-l.kick:
		case <-batch.C:
		}
		now := time.Now()
		l.mu.Lock()
		failing, work, spilled := l.failing, l.queued() > 0 || l.gap.lost > 0 || l.trouble, l.spilled && now.After(drainAt)
		l.mu.Unlock()
		if (work || spilled) && (!failing || !now.Before(notBefore)) {
			l.acquire()
			if spilled { // what was spilled is older than what is queued
				ok, broken := l.drain(context.Background())
				if !ok {
					drainAt = now.Add(drainAgain)
				}
				if broken != nil {
					l.release()
				}
				spilled = broken != nil
			}
			if !spilled {
				l.mu.Lock()
				l.lead(writerRounds)
			}
			l.mu.Lock()
			failing = l.failing
			l.mu.Unlock()
			if !failing {
				retry, relieveAt = retryFirst, time.Time{}
				continue
			}
			drainAt = time.Time{} // as soon as the file is back
			notBefore = time.Now().Add(retry)
			retry = min(2*retry, retryLast)
		}
		if failing && time.Now().After(relieveAt) {
			if err := l.relieve(); err != nil {
				if relieveAt.IsZero() {
					l.opt.Logger.Error("tracking events cannot be put into the outbox", "error", err)
				}
				relieveAt = time.Now().Add(retryLast)
			}
		}
	}
}

func (l *Log) syncNow() {
	l.mu.Lock()
	out := l.out
	l.mu.Unlock()
	if err := out.sync(); err != nil {
		l.opt.Logger.Error("tracking log", "error", err)
	}
}

// relieve moves the oldest lines to the outbox while the queue is more than half full.
func (l *Log) relieve() error {
	if l.opt.Outbox == nil {
		return nil
	}
	l.mu.Lock()
	need := l.queued() > l.opt.Queue/2
	l.mu.Unlock()
	if !need {
		return nil
	}
	l.acquire()
	defer l.release()
	ctx, cancel := context.WithTimeout(context.Background(), outboxWait)
	defer cancel()
	return l.spill(ctx, l.opt.Queue/4)
}

// spill moves the oldest lines to the outbox until at most keep bytes are queued. The caller has the token.
func (l *Log) spill(ctx context.Context, keep int) error {
	for {
		l.mu.Lock()
		if l.queued() <= keep {
			l.mu.Unlock()
			return nil
		}
		data := wholeLines(l.take(), spillBytes)
		l.mu.Unlock()
		if len(data) == 0 {
			return nil
		}
		if err := l.opt.Outbox.Put(ctx, data, bytes.Count(data, newline)); err != nil {
			return err
		}
		l.mu.Lock()
		l.spilled = true
		l.stats.Spilled += int64(len(data))
		l.stuck = l.stuck[len(data):]
		if len(l.stuck) == 0 {
			l.recycle()
		}
		l.land()
		l.mu.Unlock()
	}
}

// spillAll moves everything to the outbox, with a note of what was lost. The caller has the token.
func (l *Log) spillAll(ctx context.Context) error {
	if l.opt.Outbox == nil {
		return nil
	}
	l.mu.Lock()
	if l.gap.lost > 0 {
		l.pending = l.gap.appendLine(l.pending)
		l.gap = gap{}
	}
	l.mu.Unlock()
	return l.spill(ctx, 0)
}

// drain writes the lines of the outbox to the file. ok means that there are no more; broken is why the file did not take them, which is noted.
// Nobody waits for the file meanwhile, so that newer events come after. The caller has the token.
func (l *Log) drain(ctx context.Context) (ok bool, broken error) {
	for {
		row, cancel := context.WithTimeout(ctx, outboxWait)
		more, err := l.opt.Outbox.Next(row, func(lines []byte) error {
			l.mu.Lock()
			l.trouble = true
			l.mu.Unlock()
			broken = l.writeRow(lines)
			return broken
		})
		cancel()
		l.mu.Lock()
		switch {
		case broken != nil:
			l.stats.Errors++
			l.failing, l.trouble = true, true
		case err == nil && !more:
			l.spilled = false
			l.started = true
		}
		if (err != nil || !more) && broken == nil {
			l.trouble = l.failing || l.queued() > 0
		}
		l.mu.Unlock()
		if err != nil {
			l.opt.Logger.Warn("tracking events stay in the outbox", "error", err)
		}
		if err != nil || !more {
			return err == nil, broken
		}
	}
}

// writeRow writes a row of the outbox, unless it is in the file already: a crash, or the loss of the database, may have come between writing and removing it.
func (l *Log) writeRow(lines []byte) error {
	digest := sha256.Sum256(lines)
	if digest == l.wrote {
		return nil
	}
	if err := l.ready(); err != nil {
		return err
	}
	if !l.started {
		lines = lines[l.out.overlap(lines):]
		l.started = true
	}
	n, writes, err := l.write(lines)
	l.mu.Lock()
	l.stats.Written += int64(n)
	l.stats.Writes += int64(writes)
	l.stats.Drained += int64(n)
	l.mu.Unlock()
	if err != nil {
		l.started = n == 0 // the next try finds what was written at the end of the file
		return err
	}
	l.wrote = digest
	return l.out.sync()
}

var newline = []byte{'\n'}

// wholeLines returns the longest start of data with at most limit bytes that ends a line, at least one line.
func wholeLines(data []byte, limit int) []byte {
	if len(data) <= limit {
		return data
	}
	if i := bytes.LastIndexByte(data[:limit], '\n'); i >= 0 {
		return data[:i+1]
	}
	return data[:bytes.IndexByte(data, '\n')+1]
}
