import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * The lab's server on Java NIO, one thread with a selector: java Echo.java [PORT]. Bytes that begin
 * with '*' are PINGs, others are echoed (tools/lab_servers/responder.h).
 */
public final class Echo {
  private static final int BACKLOG = 4096;
  private static final int RECEIVE_BYTES = 16 * 1024;
  private static final byte[] PONG = "+PONG\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Selector selector = Selector.open();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(RECEIVE_BYTES);
  private final ByteBuffer pongs = ByteBuffer.allocateDirect(RECEIVE_BYTES);

  private Echo() throws IOException {}

  public static void main(String[] arguments) throws IOException {
    new Echo().serve(arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0);
  }

  private void serve(int port) throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open();
    listener.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port), BACKLOG);
    listener.configureBlocking(false);
    listener.register(selector, SelectionKey.OP_ACCEPT);
    System.out.println(listener.socket().getLocalPort());
    while (true) {
      selector.select(this::handle);
    }
  }

  private void handle(SelectionKey key) {
    try {
      if (key.isAcceptable()) {
        accept((ServerSocketChannel) key.channel());
      } else {
        answer((SocketChannel) key.channel());
      }
    } catch (IOException broken) {
      close(key);
    }
  }

  private void accept(ServerSocketChannel listener) throws IOException {
    for (SocketChannel connection; (connection = listener.accept()) != null; ) {
      connection.configureBlocking(false);
      connection.setOption(StandardSocketOptions.TCP_NODELAY, true);
      connection.register(selector, SelectionKey.OP_READ);
    }
  }

  private void answer(SocketChannel connection) throws IOException {
    buffer.clear();
    if (connection.read(buffer) < 0) {
      connection.close();
      return;
    }
    buffer.flip();
    ByteBuffer reply = buffer.hasRemaining() && buffer.get(0) == '*' ? pongsForBuffer() : buffer;
    while (reply.hasRemaining()) {
      connection.write(reply);
    }
  }

  private ByteBuffer pongsForBuffer() {
    pongs.clear();
    for (int i = 0; i < buffer.limit(); ++i) {
      if (buffer.get(i) == '*') {
        pongs.put(PONG);
      }
    }
    return pongs.flip();
  }

  private static void close(SelectionKey key) {
    try {
      key.channel().close();
    } catch (IOException ignored) {
      // It is gone either way.
    }
  }
}
