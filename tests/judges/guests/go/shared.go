// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"strconv"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// shared counts requests where all virtual machines of this vm_id see it.
type shared struct{ types.DefaultHttpContext }

func (*shared) OnHttpRequestHeaders(int, bool) types.Action {
	value, cas, _ := proxywasm.GetSharedData("count") // cas 0, where it is absent, fits all
	count, _ := strconv.Atoi(string(value))           // 0, where it is absent or empty
	text := strconv.Itoa(count + 1)
	check(proxywasm.SetSharedData("count", []byte(text), cas))

	const stale = 1<<32 - 1
	err := proxywasm.SetSharedData("count", []byte("never"), stale)
	if errors.Is(err, types.ErrorStatusCasMismatch) {
		proxywasm.LogInfo("cas mismatch")
	}
	check(proxywasm.AddHttpRequestHeader("x-count", text))
	return types.ActionContinue
}
