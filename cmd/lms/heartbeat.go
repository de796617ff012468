package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
)

// heartbeat tells the truth per store: 200 when all answer, 503 when one does not. ?ready is for balancers: 200 while this
// process can serve learners. Neither waits longer than a second.
func (s *site) heartbeat(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	sql := s.stores.pool.Ping(ctx)
	if r.URL.Query().Has("ready") {
		if !s.ready.Load() || sql != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(map[string]bool{"ready": s.ready.Load() && sql == nil}) // the asker may have gone
		return
	}
	type answer struct {
		Message string `json:"message"`
		Status  bool   `json:"status"`
	}
	say := func(err error) answer {
		if err != nil {
			return answer{"away", false}
		}
		return answer{"OK", true}
	}
	answers := map[string]answer{"sql": say(sql), "modulestore": say(s.stores.mongo.Ping(ctx, readpref.Primary())), "cache": say(s.stores.pingCache(ctx))}
	for name, a := range answers {
		if !a.Status && name != "cache" { // a lost cache loses nothing
			w.WriteHeader(http.StatusServiceUnavailable)
			break
		}
	}
	_ = json.NewEncoder(w).Encode(answers) // the asker may have gone
}
