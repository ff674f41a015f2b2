// SPDX-License-Identifier: Apache-2.0

// guest-network is a network filter of Go's official SDK. Its configuration is one word: what it does.
package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// behaviours has a file for each word.
var behaviours = map[string]func() types.TcpContext{
	"lifecycle": func() types.TcpContext { return &lifecycle{} },
	"data":      func() types.TcpContext { return &data{} },
	"pause":     func() types.TcpContext { return &pause{} },
	"close":     func() types.TcpContext { return &closing{} },
	"callout":   func() types.TcpContext { return &callout{} },
}

// main never runs. The proxy calls init, then one callback after the other.
func main() {}

func init() {
	proxywasm.SetPluginContext(func(uint32) types.PluginContext { return &plugin{} })
}

// plugin makes connections of the behaviour that its configuration names.
type plugin struct {
	types.DefaultPluginContext
	connection func() types.TcpContext
}

func (p *plugin) OnPluginStart(int) types.OnPluginStartStatus {
	word, err := proxywasm.GetPluginConfiguration()
	if err != nil {
		word = nil // there is none
	}
	connection, known := behaviours[string(word)]
	p.connection = connection
	if string(word) == "lifecycle" {
		proxywasm.LogInfo("configured lifecycle")
	}
	return types.OnPluginStartStatus(known) // else the proxy refuses to start the filter
}

func (p *plugin) NewTcpContext(uint32) types.TcpContext { return p.connection() }

// check logs what the proxy would not do.
func check(err error) {
	if err != nil {
		proxywasm.LogErrorf("refused by the proxy: %v", err)
	}
}
