# Quy định áp dụng
rules-profile-unknown = Không có bộ quy định nào tên là «{ $name }».
    .kept = Bộ quy định đang áp dụng vẫn giữ nguyên.
    .next = Hãy chọn «hau-giang-2019» hoặc «current», hoặc chỉ ra tệp quy định của địa phương.
rules-profile-unreadable = Không đọc được tệp quy định «{ $path }».
    .kept = Bộ quy định đang áp dụng vẫn giữ nguyên.
    .next = Hãy kiểm tra đường dẫn và quyền đọc tệp rồi thử lại.
rules-profile-invalid = Tệp quy định có lỗi{ $line ->
        [0] {""}
       *[other] {" "}ở dòng { $line }
    }: { $detail }.
    .kept = Bộ quy định đang áp dụng vẫn giữ nguyên.
    .next = Hãy sửa tệp quy định rồi nạp lại, hoặc chọn bộ quy định có sẵn.
rules-directory-invalid = Danh mục cơ quan có lỗi{ $line ->
        [0] {""}
       *[other] {" "}ở dòng { $line }
    }: { $detail }.
    .kept = Chưa nạp cơ quan nào; danh mục hiện có vẫn giữ nguyên.
    .next = Hãy sửa dòng bị lỗi rồi nạp lại cả tệp.
rules-format-forbidden = Tệp «{ $file }» có định dạng không được phép gửi, nhận.
    .kept = Không có gì được đưa vào hệ thống.
    .next = Hãy chuyển sang một trong các định dạng sau: { $permitted }.
rules-format-mismatch = Nội dung của tệp «{ $file }» không đúng với phần mở rộng .{ $extension }.
    .kept = Không có gì được đưa vào hệ thống.
    .next = Hãy kiểm tra nguồn gốc của tệp, lưu lại đúng định dạng rồi thử lại.
rules-file-too-large = Tệp «{ $file }» có dung lượng { $size } MB, vượt quá giới hạn { $limit } MB.
    .kept = Không có gì được đưa vào hệ thống.
    .next = Hãy giảm dung lượng tệp, hoặc tách thành nhiều tệp.
