package problem

import (
	"context"
	"fmt"

	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
)

// TakeReply takes what an external grader says of a learner's answer; key is that of the request. taken is false for a key nobody waits
// for: that changes nothing.
func (k *Kind) TakeReply(ctx context.Context, rt *component.Runtime, n *course.Node, key, reply string) (taken bool, err error) {
	a, err := k.asked(ctx, rt, n)
	if err != nil {
		return false, fault.Errorf(fault.Internal, "problem %s: %w", n.Key, err)
	}
	taken, err = k.service.TakeReply(ctx, a, key, reply)
	if err != nil {
		return false, fmt.Errorf("reply to %s: %w", n.Key, err)
	}
	return taken, nil
}

// GiveUp ends the waiting for a grader that will not answer; the learner reads the reason. taken is as for TakeReply.
func (k *Kind) GiveUp(ctx context.Context, rt *component.Runtime, n *course.Node, key, reason string) (taken bool, err error) {
	a, err := k.asked(ctx, rt, n)
	if err != nil {
		return false, fault.Errorf(fault.Internal, "problem %s: %w", n.Key, err)
	}
	taken, err = k.service.GiveUp(ctx, a, key, reason)
	if err != nil {
		return false, fmt.Errorf("give up %s: %w", n.Key, err)
	}
	return taken, nil
}
