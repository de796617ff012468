package pg

// CheckPartitions is what happens when a pool is opened.
var CheckPartitions = checkPartitions

// ForgetOtherServer undoes what CheckPartitions found out.
func ForgetOtherServer() { wholeTables.Store(false) }
