package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"lyceum/grading/capa"
	"lyceum/internal/fault"
)

// The contract with a service that runs code on another machine. docs/operations.md
// describes it for those who write one.
//
//	GET  {service}          200 {"identity": "...", "python": "3.11.2"}
//	POST {service}/run      serviceJob -> 200 serviceResult
//
// Anything but 200 means that the service could not try: learners are told to
// try again, and no attempt is used. One that has never answered the first is
// none at all.

type serviceJob struct {
	Code    string          `json:"code"`
	Globals json.RawMessage `json:"globals"`
	Seed    int             `json:"seed"`
	Files   []serviceFile   `json:"files"`
	Limits  serviceLimits   `json:"limits"`
}

type serviceFile struct {
	Name string `json:"name"`
	Data []byte `json:"data"` // base64
}

type serviceLimits struct {
	CPU       float64 `json:"cpu"`    // seconds
	Wall      float64 `json:"wall"`   // seconds
	Memory    int64   `json:"memory"` // bytes
	Output    int64   `json:"output"` // bytes
	Processes int     `json:"processes"`
}

type serviceResult struct {
	Globals json.RawMessage `json:"globals"`
	Stdout  string          `json:"stdout"`
	Notes   []string        `json:"notes"`
	Error   *serviceError   `json:"error"` // null when all went well
}

type serviceError struct {
	Message string `json:"message"`
	Trace   string `json:"trace"`
	Limit   bool   `json:"limit"`
}

type serviceHello struct {
	Identity string `json:"identity"` // changes when results may change
	Python   string `json:"python"`
}

// serviceTime is what the network and a queue there may take beyond the run.
const serviceTime = 10 * time.Second

// ask runs a job on the service.
func (r *Runner) ask(ctx context.Context, job capa.ScriptJob) (capa.ScriptResult, error) {
	none := capa.ScriptResult{}
	sent := serviceJob{
		Code: job.Code, Globals: job.Globals, Seed: job.Seed, Files: []serviceFile{},
		Limits: serviceLimits{job.Limits.CPU.Seconds(), job.Limits.Wall.Seconds(), job.Limits.Memory, job.Limits.Output, job.Limits.Processes},
	}
	if len(sent.Globals) == 0 {
		sent.Globals = json.RawMessage("{}")
	}
	for _, f := range job.Files {
		sent.Files = append(sent.Files, serviceFile{f.Name, f.Data})
	}
	body, err := json.Marshal(sent)
	if err != nil {
		return none, err
	}
	ctx, cancel := context.WithTimeout(ctx, job.Limits.Wall+serviceTime)
	defer cancel()
	var got serviceResult
	if err := r.talk(ctx, http.MethodPost, "/run", body, 2*job.Limits.Output+4<<20, &got); err != nil {
		return none, err
	}
	if got.Error != nil {
		return none, &capa.ScriptError{Message: got.Error.Message, Trace: got.Error.Trace, Limit: got.Error.Limit}
	}
	if len(got.Globals) == 0 || got.Globals[0] != '{' {
		return none, errors.New("LMS_SANDBOX_URL: the service answered without globals")
	}
	return capa.ScriptResult{Globals: got.Globals, Stdout: got.Stdout, Notes: got.Notes}, nil
}

func (r *Runner) talk(ctx context.Context, method, path string, body []byte, most int64, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(r.config.Service.String(), "/")+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if r.config.Token != "" {
		req.Header.Set("Authorization", "Bearer "+r.config.Token)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return fmt.Errorf("LMS_SANDBOX_URL: %w", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return fmt.Errorf("LMS_SANDBOX_URL: %w", err)
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusServiceUnavailable:
		return fault.Errorf(fault.Busy, "LMS_SANDBOX_URL: the service answered %s", resp.Status)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("LMS_SANDBOX_URL: the service answered %s", resp.Status)
	case int64(len(b)) > most:
		return fmt.Errorf("LMS_SANDBOX_URL: the service answered more than %s", size(most))
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("LMS_SANDBOX_URL: the service answered no JSON of ours: %w", err)
	}
	return nil
}

// checkService asks the service who it is.
func (r *Runner) checkService(ctx context.Context, report *Report) {
	if r.config.Service == nil {
		report.Off = "LMS_SANDBOX_URL is not set"
		return
	}
	ctx, cancel := context.WithTimeout(ctx, serviceTime)
	defer cancel()
	var hello serviceHello
	if err := r.talk(ctx, http.MethodGet, "", nil, 1<<16, &hello); err != nil {
		report.Layers = []Layer{{Name: layerService, Detail: err.Error()}}
		return
	}
	report.Python, report.Identity = hello.Python, "remote "+hello.Identity
	report.Layers = []Layer{{Name: layerService, Holds: true, Detail: r.config.Service.Redacted()}}
}
