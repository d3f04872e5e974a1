using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace EdgePeer.Benchmarks.Journal;

/// <summary>SQLite in WAL mode with synchronous=FULL: one transaction a sync.</summary>
internal sealed partial class Sqlite : IRival
{
    private readonly nint _database, _insert, _delete;
    private readonly byte[] _record = RandomNumberGenerator.GetBytes(Rivals.RecordBytes);

    public Sqlite(string path)
    {
        Require(Open(path, out _database));
        Run("PRAGMA journal_mode=WAL");
        Run("PRAGMA synchronous=FULL");
        Run("CREATE TABLE messages (sequence INTEGER PRIMARY KEY, payload BLOB)");
        Require(Prepare(_database, "INSERT INTO messages (payload) VALUES (?)", -1, out _insert, 0));
        Require(Prepare(_database, "DELETE FROM messages WHERE sequence <= (SELECT max(sequence) - 1000 FROM messages)", -1, out _delete, 0));
    }

    public string Name => "SQLite";

    public static bool IsThere => NativeLibrary.TryLoad("libsqlite3.so.0", out _);

    public void Append(int records)
    {
        Run("BEGIN");
        for (int i = 0; i < records; i++)
        {
            Require(BindBlob(_insert, 1, _record, _record.Length, 0));
            Step(_insert);
        }
        Step(_delete);
        Run("COMMIT");
    }

    public void Dispose()
    {
        _ = FinalizeStatement(_insert);
        _ = FinalizeStatement(_delete);
        _ = Close(_database);
    }

    private static void Step(nint statement)
    {
        if (StepOnce(statement) != Done)
            throw new InvalidOperationException("SQLite refuses a statement");
        Require(Reset(statement));
    }

    private void Run(string words) => Require(Execute(_database, words, 0, 0, 0));

    private static void Require(int result)
    {
        if (result != 0)
            throw new InvalidOperationException($"SQLite answers {result}");
    }

    [LibraryImport("libsqlite3.so.0", EntryPoint = "sqlite3_open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, out nint database);

    [LibraryImport("libsqlite3.so.0", EntryPoint = "sqlite3_exec", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(nint database, string words, nint callback, nint argument, nint error);

    [LibraryImport("libsqlite3.so.0", EntryPoint = "sqlite3_prepare_v2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Prepare(nint database, string words, int bytes, out nint statement, nint tail);

    [LibraryImport("libsqlite3.so.0", EntryPoint = "sqlite3_bind_blob")]
    private static partial int BindBlob(nint statement, int place, byte[] bytes, int length, nint lifetime);

    [LibraryImport("libsqlite3.so.0", EntryPoint = "sqlite3_step")]
    private static partial int StepOnce(nint statement);

    [LibraryImport("libsqlite3.so.0", EntryPoint = "sqlite3_reset")]
    private static partial int Reset(nint statement);

    [LibraryImport("libsqlite3.so.0", EntryPoint = "sqlite3_finalize")]
    private static partial int FinalizeStatement(nint statement);

    [LibraryImport("libsqlite3.so.0", EntryPoint = "sqlite3_close")]
    private static partial int Close(nint database);

    private const int Done = 101;
}
