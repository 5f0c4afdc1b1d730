// SPDX-License-Identifier: MIT
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Threads, zip (native memory) and a process of its own. */
public class Hello {
    static long work(int seed) {
        byte[] bytes = new byte[100000];
        for (int i = 0; i < bytes.length; i++)
            bytes[i] = (byte) (i * seed / 7);
        Deflater deflater = new Deflater();
        deflater.setInput(bytes);
        deflater.finish();
        byte[] packed = new byte[200000];
        int length = deflater.deflate(packed);
        deflater.end();
        CRC32 crc = new CRC32();
        crc.update(packed, 0, length);
        return crc.getValue();
    }

    public static void main(String[] arguments) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<Long>> results = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            final int seed = i;
            results.add(pool.submit(() -> work(seed)));
        }
        for (Future<Long> result : results)
            System.out.println(result.get());
        pool.shutdown();
        Process process = new ProcessBuilder("echo", "from a child").inheritIO().start();
        System.out.println("status " + process.waitFor());
    }
}
