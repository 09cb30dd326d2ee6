// The lab's server on Go's net package, a goroutine for each connection: go run echo.go [PORT].
// Bytes that begin with '*' are PINGs, others are echoed (tools/lab_servers/responder.h).
package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
)

const receiveBytes = 16 * 1024

func answer(received []byte) []byte {
	if received[0] != '*' {
		return received
	}
	return bytes.Repeat([]byte("+PONG\r\n"), bytes.Count(received, []byte("*")))
}

func serve(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, receiveBytes)
	for {
		size, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if _, err := connection.Write(answer(buffer[:size])); err != nil {
			return
		}
	}
}

func main() {
	port := "0"
	if len(os.Args) > 1 {
		port = os.Args[1]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		connection, err := listener.Accept()
		if err == nil {
			go serve(connection)
		}
	}
}
