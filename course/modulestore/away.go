package modulestore

import (
	"errors"
	"fmt"
	"net"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"lyceum/internal/fault"
)

// failed says what was being done when the store failed. A store that cannot be reached makes it Busy, which callers
// answer with "come back soon".
func failed(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf(format+": %w", append(args, err)...)
	if isAway(err) {
		return &fault.Error{Kind: fault.Busy, Err: err}
	}
	return err
}

func isAway(err error) bool {
	var netErr net.Error
	return mongo.IsNetworkError(err) || mongo.IsTimeout(err) || errors.As(err, &netErr) || isServerSelection(err)
}

// isServerSelection recognizes that no server was found in time, whose type the driver keeps to itself.
func isServerSelection(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if fmt.Sprintf("%T", err) == "topology.ServerSelectionError" {
			return true
		}
	}
	return false
}
